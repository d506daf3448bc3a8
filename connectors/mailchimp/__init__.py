"""Mailchimp's Marketing API 3.0 as a destination: tags and merge fields of the contacts of one audience."""

from connectors.mailchimp.destination import MailchimpDestination

__all__ = ["MailchimpDestination"]
